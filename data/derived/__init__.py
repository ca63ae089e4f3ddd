"""Results derived from the snapshot: `geo` measures run over the incidents of one data version."""
