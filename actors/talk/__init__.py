"""How agents reach each other within the kernel: asks, stand-ins, timers."""
