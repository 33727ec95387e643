"""A scene drawn by chance: its street, what stands and moves there, and how it is seen."""
