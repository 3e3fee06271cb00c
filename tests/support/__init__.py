"""What the tests stand on: real databases and a site to visit."""
