"""One file per command (or pair of commands that share their work); ``table.py`` says which state may call them."""
