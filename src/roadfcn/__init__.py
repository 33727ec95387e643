"""roadfcn labels every pixel of a road scene with a fully convolutional network.

This is the package's shop window: the names below are loaded when first used, so that
`import roadfcn` takes no time and loads neither torch nor numpy.
"""

__version__ = "0.1.0"
