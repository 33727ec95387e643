from roadfcn.cli.parts.window_progress import WindowProgress


def test_windows_are_told_beside_the_pictures_that_are_done():
    shown = []
    progress = WindowProgress(lambda *words: shown.append(words), "Predicting")
    progress.windows(1, 9)
    progress.pictures(1, 2)
    progress.windows(2, 9)
    progress.windows(1, 1)  # one window is the picture
    assert shown == [
        (0, None, "Predicting, window 1 of 9"),
        (1, 2, "Predicting"),
        (1, 2, "Predicting, window 2 of 9"),
    ]
