# SPDX-License-Identifier: MIT
"""The Python package against the library: pictures, styles, runs, errors. Run by `make test`."""
import gc
import pathlib
import threading

import numpy as np
import pytest
from PIL import Image

import scumble


def picture(width, height, kind, dtype=np.uint8, channels=3):
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    values = 0.5 + 0.4 * np.sin(0.3 * (x + kind * y) + c * kind) * np.cos(0.2 * y)
    if np.issubdtype(dtype, np.integer):
        return np.rint(values * np.iinfo(dtype).max).astype(dtype)
    return values.astype(dtype)


PHOTO = picture(40, 32, 0)
QUICK = {'iterations': 12, 'scales': 1, 'style_terms': 'gram'}


@pytest.fixture(scope='module', name='style')
def make_style():
    with scumble.Style(picture(44, 40, 1), (picture(40, 48, 2), 0.5), **QUICK) as style:
        yield style


def test_options_are_documented():
    assert 'style_terms' in scumble.option_names() and 'beta' in scumble.option_names()
    assert 'beta: weight of the style' in scumble.Style.__init__.__doc__
    assert '`iterations`' in scumble.option_help()  # the manual's sentences name options as they are named here
    assert scumble.__version__.count('.') == 2


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16, np.float16, np.float32])
def test_kinds_of_pictures(style, dtype):
    photo = picture(40, 32, 0, dtype)
    result = style.paint(photo)
    assert result.dtype == dtype and result.shape == (32, 40, 3)
    exact = style.paint(picture(40, 32, 0, np.float32)).astype(float)
    scale = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    assert abs(result / scale - exact).mean() < 0.08


def test_alpha_and_grey(style):
    cut = picture(40, 32, 0, channels=4)
    cut[..., 3] = np.where(np.arange(40) < 20, 255, 0)
    result = style.paint(cut)
    assert result.shape == (32, 40, 4) and (result[..., 3] == cut[..., 3]).all()
    assert style.paint(PHOTO[..., 0]).shape == (32, 40, 3)
    assert style.paint(PHOTO[..., :2]).shape == (32, 40, 4)
    assert style.paint(Image.fromarray(PHOTO)).shape == (32, 40, 3)
    assert style.paint(PHOTO[..., 0] > 128).shape == (32, 40, 3)


def test_rows_need_not_lie_side_by_side(style):
    wide = picture(80, 64, 0)
    for view in (wide[::2, :40], wide[:32, ::2], wide[31::-1, :40], np.asfortranarray(wide[:32, :40])):
        assert (style.paint(view) == style.paint(np.ascontiguousarray(view))).all()
    locked = PHOTO.copy()
    locked.flags.writeable = False
    assert (style.paint(locked) == style.paint(PHOTO)).all()


def test_files(style, tmp_path):
    photo, painted = tmp_path / 'photo.png', tmp_path / 'painted.png'
    Image.fromarray(PHOTO).save(photo)
    assert (scumble.read(photo) == PHOTO).all()
    with style.run(photo) as run:
        scumble.save(painted, run.finish(), recipe=run.recipe)
        assert (np.asarray(Image.open(painted)) == run.picture()).all()
        assert '"name": "photo.png"' in run.recipe
    deep = scumble.read(painted, np.float32)
    assert deep.dtype == np.float32 and 0 <= deep.min() and deep.max() <= 1


def test_progress(style):
    seen = []
    whole = style.paint(PHOTO, progress=seen.append)
    assert [p.done for p in seen] == list(range(1, 13)) and seen[-1].eta_s == 0
    first = seen[0]
    assert (first.job, first.stage, first.unit, first.of) == ('stylize', 'scale', 'iterations', 12)
    assert (first.stage_number, first.stages, first.size_px, first.note) == (1, 1, max(PHOTO.shape[:2]), '')
    assert set(seen[0].losses) == {'content', 'style', 'legible', 'tv', 'total'}
    assert seen[-1].losses['total'] < seen[0].losses['total']
    part = style.paint(PHOTO, progress=lambda p: p.done == 3)
    assert (part != whole).any()


def test_steering_and_branches(style, tmp_path):
    with style.run(PHOTO) as run:
        for at in run:
            if at.done == 6:
                half = run.save()
                run.save(tmp_path / 'half.checkpoint')
                run.set(beta=1.5, tv=0.2)
        steered, recipe = run.picture(), run.recipe
    assert '"set": "tv"' in recipe
    for state in (half, bytearray(half), str(tmp_path / 'half.checkpoint')):
        branch = style.run(PHOTO, state=state)
        assert branch.progress.done == 6
        branch.set(beta=1.5, tv=np.float64(0.2))
        assert (branch.finish() == steered).all()
        branch.close()
    assert (style.paint(PHOTO) != steered).any()
    longer = style.run(PHOTO)
    longer.step()
    longer.set(iterations=15)
    longer.finish()
    assert longer.progress.done == 15 and longer.done
    assert longer.step(1e9).done == 15


def test_guides_and_references(style):
    left = np.zeros((32, 40), np.uint8)
    left[:, :20] = 255
    plain = style.paint(PHOTO)
    masked = style.paint(PHOTO, masks=[left, 255 - left])
    assert (masked != plain).any()
    nowhere = style.paint(PHOTO, masks=[left * 0, left * 0])
    assert (nowhere == PHOTO).all()
    with style.run(PHOTO, protect=left) as run:
        run.step()
        run.guide()
        run.hold_to(picture(40, 32, 3), left)
        run.set(temporal=1000)
        run.finish()
        assert 'temporal' in run.losses and '"guides"' in run.recipe
    assert style.texture(24, 20).shape == (20, 24, 3)
    assert (style.paint(PHOTO, start=picture(9, 9, 4)) != plain).any()


def test_errors_say_what_is_wrong(style, tmp_path):
    with pytest.raises(scumble.Error, match='is not a number') as wrong:
        scumble.Style(PHOTO, beta='much')
    assert wrong.value.option == 'beta' and wrong.value.code < 0
    with pytest.raises(scumble.Error, match='did you mean .*beta'):
        scumble.Style(PHOTO, betta=1)
    with pytest.raises(scumble.Error, match='needs from 1 to 64 paintings'):
        scumble.Style()
    with pytest.raises(scumble.Error, match='no-such.png'):
        scumble.read(tmp_path / 'no-such.png')
    with pytest.raises(scumble.Error, match='not of int32'):
        style.paint(PHOTO.astype(np.int32))
    for shape in ((3,), (0, 4), (4, 4, 5), (2, 2, 2, 2)):
        with pytest.raises(scumble.Error, match='height x width'):
            style.paint(np.zeros(shape, np.uint8))
    with pytest.raises(scumble.Error, match='finite'):
        style.paint(np.full((4, 4, 3), np.nan, np.float32))
    with pytest.raises(scumble.Error, match='nothing to paint'):
        style.run().step()
    with pytest.raises(scumble.Error, match='the number of masks|2 styles'):
        style.run(PHOTO, masks=[PHOTO, PHOTO, PHOTO])
    with pytest.raises(scumble.Error):
        style.run(PHOTO, state=b'junk')
    with pytest.raises(scumble.Error, match='has begun|nothing|beta'):
        style.run(PHOTO).set(beta=-1)
    with pytest.raises(scumble.Error, match='must end in'):
        scumble.save(tmp_path / 'x.doc', PHOTO)
    with pytest.raises(scumble.Error):
        scumble.Context(threads=1000)


def test_what_is_closed_is_refused():
    style = scumble.Style(picture(20, 20, 1), **QUICK)
    run = style.run(PHOTO)
    style.close()
    with pytest.raises(scumble.Error, match='or its style is'):
        run.step()
    with pytest.raises(scumble.Error, match='this style is closed'):
        style.run(PHOTO)
    run.close()
    style.close()
    with scumble.Context(threads=1) as context:
        style = scumble.Style(picture(20, 20, 1), context=context, **QUICK)
        run = style.run(PHOTO)
        run.step()
    with pytest.raises(scumble.Error, match='is closed'):
        run.step()
    with pytest.raises(scumble.Error, match='this context is closed'):
        scumble.Style(PHOTO, context=context)


def test_memory_is_given_back():
    def held():
        gc.collect()
        status = pathlib.Path('/proc/self/status').read_text()
        return int(status.split('VmRSS:')[1].split()[0])
    style = scumble.Style(picture(20, 20, 1), iterations=1, scales=1, style_terms='gram', style_layers='relu1_1',
                          content_layers='relu1_1', content_terms='feature')
    large = picture(400, 400, 0, np.float32)

    def use():
        run = style.run(large)
        run.step()
        run.save()
        run.picture()
    use()
    use()
    before = held()
    for _ in range(6):
        use()
    assert held() - before < 25 * 1024  # one run's state alone has 30 MB


def test_cancelling_from_another_thread():
    context = scumble.Context()
    style = scumble.Style(picture(44, 40, 1), context=context, iterations=100000, scales=1)
    run = style.run(PHOTO)
    timer = threading.Timer(0.5, context.cancel)
    timer.start()
    with pytest.raises(scumble.Cancelled):
        run.step(budget_s=600)
    timer.join()
    at = run.progress.done
    assert run.step().done == at + 1 and run.picture().shape == PHOTO.shape


def test_contexts_of_threads_are_independent(style):
    expected, results = style.paint(PHOTO), []

    def work():
        own = scumble.Style(picture(44, 40, 1), (picture(40, 48, 2), 0.5), context=scumble.Context(1), **QUICK)
        results.append(own.paint(PHOTO))
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((result == expected).all() for result in results) and len(results) == 2
