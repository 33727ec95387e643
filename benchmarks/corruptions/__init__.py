"""Pictures of streets made worse in ways that are named, measured in physical units, repeatable."""
