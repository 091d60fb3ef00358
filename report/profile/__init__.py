"""Where the time of a run goes: by function, by part of a society, and as a picture of calls."""
