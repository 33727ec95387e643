"""What several commands share: options, tables, bars, JSON, words for usage errors."""
