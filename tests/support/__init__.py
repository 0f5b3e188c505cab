"""What tests stand on: real projects, a real index, real processes."""
