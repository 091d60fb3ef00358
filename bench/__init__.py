"""The questions that we measure, one file each; run by ``antiphon bench``."""
