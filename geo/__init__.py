"""The field: vocabulary, frame contracts and every measure as a pure function."""
