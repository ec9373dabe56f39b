"""Tests of x.py itself: `./x.py test`, or `python3 -m unittest discover -s compiler/bootstrap/tests -t compiler`."""
