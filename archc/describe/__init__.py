"""What operations and blocks say of themselves, for people and editors."""
