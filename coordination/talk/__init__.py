"""What agents say to each other, from one round to the next or at once."""
