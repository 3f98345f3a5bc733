"""What ``check`` warns of: no mistakes, and seldom meant. One module a lint, named as it is."""
