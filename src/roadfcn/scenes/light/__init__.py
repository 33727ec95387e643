"""Sky, shadows, lens and windscreen: what light does on its way into the picture."""
