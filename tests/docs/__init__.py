"""What the tests of the documentation stand on: its pages, and a machine to try its examples on."""
