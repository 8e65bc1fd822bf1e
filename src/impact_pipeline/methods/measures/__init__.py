"""What a scale is worth: reliability, agreement, change of one person, comparability. Arrays in, frozen results out."""
