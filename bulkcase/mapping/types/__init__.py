"""From a cell to a value: what each kind of field takes."""
