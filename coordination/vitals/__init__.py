"""How a society is: health, performance, and how to run one on this machine."""
