# SPDX-License-Identifier: MIT
"""Styles and runs."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Iterator, Optional, Sequence, Tuple, Union

import numpy as np

from ._context import Context, default_context
from ._errors import Error, check
from ._handle import Handle
from ._library import encode, ffi, lib, sized, text
from ._pictures import Picture, load, owned, to_array

Value = Union[str, int, float, bool]


@dataclass(frozen=True)
class Progress:
    """Where a job stands: the event of scumble/event.h, which is the same for all long jobs."""
    job: str                  #: 'stylize' or 'texture'
    stage: str                #: what is under way: 'scale'
    stage_number: int         #: 1 .. stages: the scale, from small to large
    stages: int
    size_px: int              #: long edge in pixels at which this stage works
    done: int                 #: how many iterations are done, over all stages
    of: int                   #: how many there are
    unit: str                 #: of both: 'iterations'
    losses: Dict[str, float]  #: by name, unweighted; "total" is the weighted sum
    elapsed_s: float
    eta_s: Optional[float]    #: about how long the rest takes; None = not known
    note: str                 #: a sentence for the user, or ''


def _progress_of(event) -> Progress:
    losses = {text(event.losses[i].name): event.losses[i].value for i in range(event.loss_count)}
    return Progress(text(event.job), text(event.stage), event.stage_number, event.stages, event.size_px, event.done,
                    event.of, text(event.unit), losses, event.elapsed_s, event.eta_s if event.eta_s >= 0 else None,
                    text(event.note))


def _text_of(value: Value) -> str:
    if isinstance(value, (bool, np.bool_)):
        return 'yes' if value else 'no'
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return str(value)


def _options():
    index = 0
    while info := lib.scumble_option_at(lib.SCUMBLE_OPTIONS_STYLE, index):
        yield info
        index += 1


def option_names() -> Sequence[str]:
    """The names of all options, as ``Style`` takes them."""
    return [text(info.name).replace('-', '_') for info in _options()]


def option_help() -> str:
    """What each option is, with its default and what the manual says of it, line by line."""
    lines = []
    for info in _options():
        default = text(info.default_text)
        name, manual = text(info.name).replace('-', '_'), text(info.manual)
        lines.append(f'{name}: {text(info.help)}' + f' (default: {default})' * bool(default) + f'. {manual}'.rstrip())
    return '\n'.join(lines)


class _Options:
    def __init__(self, s, preset: Optional[str], named: Dict[str, Value]):
        def free(options):
            lib.scumble_options_free(ffi.new('scumble_options **', options))
        self.handle = ffi.gc(lib.scumble_options_create(lib.SCUMBLE_OPTIONS_STYLE), free)
        if preset is not None:
            check(s, lib.scumble_options_preset(s, self.handle, preset.encode()))
        for name, value in named.items():
            check(s, lib.scumble_options_set(s, self.handle, name.encode(), _text_of(value).encode()))


class Style(Handle):
    """Paintings and options, prepared once for any number of photos.

    Args:
        *paintings: pictures (file names or arrays), or pairs (picture, weight).
        masks: for each painting a picture that says what of it counts (white), or None.
        preset: the name of a preset, before the options.
        context: None = this thread's own.
        **options: as those of ``scumble stylize``, by name: size=512, iterations=100, beta=8, style_terms='w2:4,nnfm',
            colour='photo', tileable=True ... (``option_help()`` lists them all.)

    It is closed by ``close``, by ``with``, or when nothing uses it.
    """

    _type, _close, _closed_words = 'scumble_style', 'scumble_style_close', 'this style is closed'

    def __init__(self, *paintings: Union[Picture, Tuple[Picture, float]], masks: Sequence[Optional[Picture]] = (),
                 preset: Optional[str] = None, context: Optional[Context] = None, **options: Value):
        super().__init__()
        self.context = context or default_context()
        s = self.context.handle
        self._options = _Options(s, preset, options)
        pairs = [p if isinstance(p, tuple) else (p, 1.0) for p in paintings]
        kept = [load(s, picture)[0] for picture, _ in pairs]
        kept_masks = [ffi.NULL if mask is None else load(s, mask)[0] for mask in masks]
        styles = ffi.new('scumble_painting[]', max(1, len(pairs)))
        for i, (_, weight) in enumerate(pairs):
            styles[i].image = kept[i]
            styles[i].weight = weight
            styles[i].mask = kept_masks[i] if i < len(kept_masks) else ffi.NULL
        out = ffi.new('scumble_style **')
        check(s, lib.scumble_style_open(s, styles, len(pairs), self._options.handle, out))
        self._opened(out[0], self.context)

    def run(self, photo: Optional[Picture] = None, **subject) -> 'Run':
        """A run of this style; see ``Run``."""
        return Run(self, photo, **subject)

    def paint(self, photo: Picture, *, progress: Optional[Callable[[Progress], object]] = None, **subject
              ) -> np.ndarray:
        """Paints a photo: an array of its dtype (uint8 for a file), height x width x 3, or x 4 where it has alpha.
        progress is called after every iteration; a true result stops, with the picture so far. The other arguments are
        those of ``Run``."""
        with self.run(photo, **subject) as run:
            return run.finish(progress)

    def texture(self, width: int, height: int, *, progress: Optional[Callable[[Progress], object]] = None,
                **subject) -> np.ndarray:
        """Paints a texture of the paintings alone: height x width x 3 values of uint8."""
        with self.run(None, texture=(width, height), **subject) as run:
            return run.finish(progress)


class Run(Handle):
    """One picture being painted. Iterate over it, or call ``step``; look with ``picture``; change it with ``set``,
    ``guide`` and ``hold_to``; keep its state with ``save``, and go on from that with ``state``.

    Args:
        style: what it is painted in; it must stay open.
        photo: a picture; or
        texture: (width, height) of a texture without a photo.
        start: a picture to start from.
        state: bytes of ``save``, or the name of a checkpoint: the run goes on from there. What is set before the first
            step makes a branch.
        masks, protect, faces: as for ``guide``.
    """

    _type, _close, _closed_words = 'scumble_run', 'scumble_run_close', 'this run is closed, or its style is'

    def __init__(self, style: Style, photo: Optional[Picture] = None, *, texture: Optional[Tuple[int, int]] = None,
                 start: Optional[Picture] = None, state: Union[bytes, str, None] = None,
                 masks: Sequence[Picture] = (), protect: Optional[Picture] = None, faces: bool = False):
        super().__init__()
        self.style = style
        self.dtype = np.dtype(np.uint8)
        out = ffi.new('scumble_run **')
        check(self._s, lib.scumble_run_open(style.handle, out))
        self._opened(out[0], style)
        if photo is not None:
            image, self.dtype = load(self._s, photo)
            check(self._s, lib.scumble_run_content(self._handle, image))
        elif texture is not None:
            check(self._s, lib.scumble_run_texture(self._handle, *texture))
        if start is not None:
            check(self._s, lib.scumble_run_start(self._handle, load(self._s, start)[0]))
        if masks or protect is not None or faces:
            self.guide(masks, protect, faces)
        if isinstance(state, (bytes, bytearray, memoryview)):
            data = ffi.from_buffer(state)
            check(self._s, lib.scumble_run_restore_bytes(self._handle, data, len(data)))
        elif state is not None:
            check(self._s, lib.scumble_run_restore(self._handle, encode(state)))

    @property
    def _s(self):
        return self.style.context.handle

    # ---- steps

    @property
    def done(self) -> bool:
        """All iterations are made."""
        return bool(lib.scumble_run_done(self.handle))

    @property
    def progress(self) -> Progress:
        """Where it stands; from the first step on."""
        event = lib.scumble_run_progress(self.handle)
        if event == ffi.NULL:
            raise Error('this run has not begun: it is nowhere yet')
        return _progress_of(event)

    @property
    def losses(self) -> Dict[str, float]:
        """Of the last iteration, unweighted, by name; "total" is the weighted sum. Empty before the first step."""
        event = lib.scumble_run_progress(self.handle)
        return {} if event == ffi.NULL else _progress_of(event).losses

    def step(self, budget_s: float = 0) -> Progress:
        """Makes one iteration, or as many as begin within budget_s seconds; nothing when the run is done."""
        check(self._s, lib.scumble_run_step(self.handle, budget_s))
        return self.progress

    def __iter__(self) -> Iterator[Progress]:
        while not self.done:
            yield self.step()

    def finish(self, progress: Optional[Callable[[Progress], object]] = None) -> np.ndarray:
        """Makes all iterations that are left, and returns the picture. progress is called after each; a true result
        stops, with the picture so far."""
        for at in self:
            if progress is not None and progress(at):
                break
        return self.picture()

    def picture(self, dtype=None) -> np.ndarray:
        """The picture as it is now: height x width x 3 values, or x 4 where the photo has alpha. dtype: None = that of
        the photo (uint8 for a file)."""
        out = ffi.new('scumble_image **')
        check(self._s, lib.scumble_run_picture(self.handle, out))
        return to_array(self._s, owned(out[0]), self.dtype if dtype is None else dtype)

    # ---- steering

    def set(self, **values: Value) -> None:
        """Sets alpha, beta, tv, temporal (weights, 0 to 1e9) or iterations, from here on."""
        for name, value in values.items():
            check(self._s, lib.scumble_run_set(self.handle, name.encode(), _text_of(value).encode()))

    def guide(self, masks: Sequence[Picture] = (), protect: Optional[Picture] = None, faces: bool = False) -> None:
        """Where the paintings go: one mask for each (white = there), or one with labels; protect: a mask of what stays
        closer to the photo; faces: those that are found are protected too. Without arguments everything is everywhere.
        """
        kept = [load(self._s, mask)[0] for mask in masks]
        shield = load(self._s, protect)[0] if protect is not None else ffi.NULL
        pictures = ffi.new('scumble_image *[]', kept) if kept else ffi.NULL
        guides = sized('scumble_guides', {'masks': ffi.cast('const scumble_image *const *', pictures),
                                              'mask_count': len(kept), 'protect': shield, 'faces': int(faces)})
        check(self._s, lib.scumble_run_guide(self.handle, guides if kept or shield or faces else ffi.NULL))

    def hold_to(self, reference: Optional[Picture], mask: Optional[Picture] = None) -> None:
        """Holds the picture to a reference, where the mask is white (None = everywhere), with the weight ``temporal``.
        None = to nothing."""
        picture = ffi.NULL if reference is None else load(self._s, reference)[0]
        where = ffi.NULL if mask is None else load(self._s, mask)[0]
        check(self._s, lib.scumble_run_reference(self.handle, picture, where))

    # ---- states

    def save(self, path: Optional[str] = None) -> Optional[bytes]:
        """All that is needed to go on: as bytes, or as a checkpoint in a file."""
        if path is not None:
            check(self._s, lib.scumble_run_save(self.handle, encode(path)))
            return None
        data, size = ffi.new('void **'), ffi.new('size_t *')
        check(self._s, lib.scumble_run_save_bytes(self.handle, data, size))
        try:
            return ffi.buffer(data[0], size[0])[:]
        finally:
            lib.scumble_bytes_free(data)

    @property
    def recipe(self) -> str:
        """How the picture was made, as JSON: options, inputs with their SHA-256, what was set on the way."""
        return text(lib.scumble_run_recipe(self.handle))
