"""Code that runs inside the interpreter of the scripts. Standard library only, Python 3.9 syntax."""
