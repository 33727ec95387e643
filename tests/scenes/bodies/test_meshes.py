import math

import numpy as np
import pytest

from roadfcn.scenes.bodies.facets import Canvas, Facet, paint_facet
from roadfcn.scenes.bodies.meshes import Mesh, paint_mesh
from roadfcn.scenes.bodies.shapes import PAINT, Finish, Moulder
from roadfcn.scenes.bodies.solids import Place, Slab, sides
from roadfcn.scenes.description.camera import pose_camera, project, scale_to
from roadfcn.scenes.description.conditions import Light
from roadfcn.scenes.description.scene import State
from roadfcn.scenes.description.street_class import StreetClass

PROJECTION = pose_camera(height_m=1.6, pitch=0.0, yaw=0.0, roll=0.0).projection_from_road()
SIZE = (375, 1242)
SUN = np.array([0.0, -1.0, 0.0])
OVERCAST = Light(0.0, math.radians(45), 0.0, (1.0, 1.0, 1.0), 0.3, 0.0)
MATT = Finish(PAINT)


def box_shape(*, layered=False, cells=1):
    moulder = Moulder()
    moulder.box((-1.0, 0.0, -1.0), (1.0, 2.0, 1.0), MATT, cells=cells)
    if layered:
        lamp = Finish((1.0, 0.0, 0.0), glow=True, street_class=StreetClass.SIGN)
        moulder.box((-0.2, 0.8, -0.9), (0.2, 1.2, -0.5), lamp, layer=1)
    return moulder.finished()


def box_mesh(z_m=10.0, x_m=0.4, heading=0.5, colour=(0.6, 0.6, 0.6), **changes):
    place = Place(x_m, z_m, heading)
    return Mesh(place, changes.pop("shape", box_shape()), colour, StreetClass.CAR, **changes)


def paint_one(canvas, mesh, light=OVERCAST):
    paint_mesh(canvas, PROJECTION, mesh, light, SUN)


def test_near_things_have_no_holes_in_large_pictures():
    """A wall 2 m before the camera hides the same share of a picture, small or large."""
    shares = []
    for factor in (1, 4):
        size = (factor * SIZE[0], factor * SIZE[1])
        camera = pose_camera(height_m=1.6, pitch=0.0, yaw=0.0, roll=0.0)
        canvas = Canvas(
            np.zeros((3, *size), np.float32),
            np.zeros(size, np.float32),
            np.full(size, State.ROAD, np.uint8),
            np.ones(size, bool),
            np.full(size, StreetClass.ROAD, np.uint8),
        )
        projection = scale_to(camera, size).projection_from_road()
        paint_mesh(canvas, projection, box_mesh(3.0, 0.0, heading=0.0), OVERCAST, SUN)
        shares.append(np.mean(canvas.state == State.NOT_ROAD))
    assert shares[0] > 0.3
    assert shares[1] == pytest.approx(shares[0], rel=0.01)


@pytest.mark.parametrize("z_m", [4.0, 10.0, 60.0])
def test_a_box_hides_what_the_same_box_of_facets_hides(canvas, z_m):
    """Facets are exact; a mesh may differ by a third of a pixel at its rim."""
    paint_one(canvas, box_mesh(z_m))
    as_mesh = canvas.state == State.NOT_ROAD
    walls = sides(Place(0.4, z_m, 0.5), Slab(1.0, -1.0, 1.0, 0.0), Slab(1.0, -1.0, 1.0, 2.0))
    canvas.state[:] = State.ROAD
    canvas.inverse_depth[:] = 0
    for corners in walls.values():
        paint_facet(canvas, PROJECTION, Facet(corners, (1.0, 1.0, 1.0)), (1.0, 1.0, 1.0))
    as_facets = canvas.state == State.NOT_ROAD
    rim_px = 2 * (as_facets.any(axis=0).sum() + as_facets.any(axis=1).sum())
    assert np.count_nonzero(as_mesh != as_facets) < 0.34 * rim_px + 2
    assert as_mesh.sum() == pytest.approx(as_facets.sum(), abs=0.3 * rim_px + 2)


def test_truth_and_class_change_together_and_the_lane_goes(canvas):
    paint_one(canvas, box_mesh())
    hidden = canvas.state == State.NOT_ROAD
    assert hidden.any()
    np.testing.assert_array_equal(hidden, canvas.street_class == StreetClass.CAR)
    np.testing.assert_array_equal(hidden, ~canvas.lane)
    np.testing.assert_array_equal(hidden, canvas.inverse_depth > 0)
    # Half of each rim pixel is blended, none outside of the rim.
    assert (canvas.colour[0] > 0).sum() < hidden.sum() * 1.1


def test_a_face_has_the_depth_of_its_nearest_corner(canvas):
    paint_one(canvas, box_mesh(10.28, 0.0, 0.0))
    nearest = 1 / canvas.inverse_depth[canvas.inverse_depth > 0]
    # The front is 1 m nearer than the middle; the lens stands at Z = 0.28.
    assert nearest.min() == pytest.approx(9.0, abs=0.01)


def test_the_nearer_thing_is_seen_in_any_order(canvas):
    near = box_mesh(8.0, 0.0, 0.0, (0.9, 0.1, 0.1))
    far = box_mesh(20.0, 0.5, 0.0, (0.1, 0.1, 0.9), scale=(3.0, 1.5, 1.0))
    for order in ((near, far), (far, near)):
        canvas.colour[:] = 0
        canvas.inverse_depth[:] = 0
        for mesh in order:
            paint_one(canvas, mesh)
        u, v, _ = project(PROJECTION, np.array([[0.0, -1.0, 7.0]]))[0]
        assert canvas.colour[0, round(v), round(u)] > canvas.colour[2, round(v), round(u)]
        u, v, _ = project(PROJECTION, np.array([[3.0, -2.0, 19.0]]))[0]
        assert canvas.colour[0, round(v), round(u)] < canvas.colour[2, round(v), round(u)]


def test_a_higher_layer_covers_a_lower_one_and_keeps_its_class(canvas):
    paint_one(canvas, box_mesh(8.0, 0.0, 0.0, shape=box_shape(layered=True)))
    u, v, _ = project(PROJECTION, np.array([[0.0, -1.0, 7.1]]))[0]
    at = round(v), round(u)
    assert canvas.street_class[at] == StreetClass.SIGN
    assert canvas.colour[0][at] > 0.5 > canvas.colour[1][at]


@pytest.mark.parametrize(
    "mesh",
    [
        box_mesh(-5.0),
        box_mesh(0.3, 0.0),
        box_mesh(10.0, 40.0),
        box_mesh(10.0, -40.0),
        box_mesh(1e4),
    ],
    ids=["behind", "around the camera", "right of the picture", "left of it", "far away"],
)
def test_what_is_not_in_view_changes_next_to_nothing(canvas, mesh):
    paint_one(canvas, mesh)
    assert np.count_nonzero(canvas.state != State.ROAD) <= 1


def test_what_is_wholly_hidden_changes_nothing(canvas):
    canvas.inverse_depth[:] = 1.0
    paint_one(canvas, box_mesh())
    assert not canvas.colour.any()


def test_a_matt_wall_has_its_colour_times_the_light_of_the_sky(canvas):
    """Under clouds an upright wall gets 0.8 of the light, a roof all of it."""
    paint_one(canvas, box_mesh(10.0, 0.0, 0.0, (0.5, 0.4, 0.2)))
    u, v, _ = project(PROJECTION, np.array([[0.0, -0.8, 9.0]]))[0]
    assert canvas.colour[:, round(v), round(u)] == pytest.approx([0.4, 0.32, 0.16], abs=0.01)


def test_the_sun_lights_what_faces_it(canvas):
    """Sun at 45 degrees behind the camera: the wall ahead gets it at 45 degrees."""
    sunny = Light(math.pi, math.radians(45), 0.5, (1.0, 1.0, 1.0), 0.3, 0.0)
    towards_sun = np.array([0.0, -math.sqrt(0.5), -math.sqrt(0.5)])
    paint_mesh(canvas, PROJECTION, box_mesh(10.0, 0.0, 0.0), sunny, towards_sun)
    u, v, _ = project(PROJECTION, np.array([[0.0, -0.8, 9.0]]))[0]
    sky, sun = (1 - 0.85 * 0.5) * 0.8, 0.5 * math.sqrt(0.5) / 0.5**0.25
    assert canvas.colour[0, round(v), round(u)] == pytest.approx(0.6 * (sky + sun), abs=0.015)


def test_gloss_mirrors_the_sky_above_and_the_street_below(canvas):
    moulder = Moulder()
    glass = Finish((0.02, 0.02, 0.02), gloss=1.7)
    up = [(-1.0, 0.5, 0.0), (1.0, 0.5, 0.0), (1.0, 1.4, 1.5), (-1.0, 1.4, 1.5)]
    down = [(-1.0, 1.6, 0.5), (1.0, 1.6, 0.5), (1.0, 2.4, 0.0), (-1.0, 2.4, 0.0)]
    moulder.face(up, (0.0, 0.0, 2.0), glass)
    moulder.face(down, (0.0, 3.0, 2.0), glass)
    paint_one(canvas, box_mesh(8.0, 0.0, 0.0, shape=moulder.finished()))
    (u, v, _), (x, y, _) = project(PROJECTION, np.array([[0.0, -0.95, 8.75], [0.0, -2.0, 8.25]]))
    sky, street = canvas.colour[:, round(v), round(u)], canvas.colour[:, round(y), round(x)]
    assert sky.mean() > 1.5 * street.mean()
    assert sky.mean() > 0.1


def test_boxes_tubes_balls_and_wheels_turn_their_faces_outwards():
    moulder = Moulder()
    moulder.box((1.0, 0.0, 2.0), (2.0, 1.0, 5.0), MATT, taper=0.5, cells=3)
    moulder.ball((0.0, 5.0, 0.0), (1.0, 2.0, 3.0), MATT)
    moulder.tube([(-3.0, 0.0, 0.0), (-3.0, 1.0, 0.2), (-3.0, 2.0, 0.0)], (0.5, 0.4, 0.3), MATT)
    shape = moulder.finished()
    centres = np.array([[1.5, 0.5, 3.5], [0.0, 5.0, 0.0], [-3.0, 1.0, 0.05]])
    corners = shape.vertices[shape.faces] * (1.0, -1.0, 1.0)
    looks = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    middles = corners.mean(axis=1)
    nearest = np.argmin(
        np.linalg.norm(middles[:, None] - centres * (1.0, -1.0, 1.0), axis=2), axis=1
    )
    outwards = middles - (centres * (1.0, -1.0, 1.0))[nearest]
    assert ((looks * outwards).sum(axis=1) > 0).all()
    # 3 cells of 4 walls and 2 ends; 5 bands of 8; 2 of 6 and 2 fans of 3.
    assert len(shape.faces) == 14 + 40 + 18
    assert shape.reach == pytest.approx(math.hypot(0, 7.0, 0), abs=0.01)


@pytest.mark.parametrize(("side", "heading"), [(1, math.pi / 2), (-1, -math.pi / 2)])
def test_a_ring_is_seen_from_its_side_and_its_middle_is_free(canvas, side, heading):
    moulder = Moulder()
    moulder.wheel((0.0, 1.0, 0.0), 1.0, 0.7, side, MATT)
    shape = moulder.finished()
    paint_one(canvas, box_mesh(10.0, 0.0, -heading, shape=shape))
    assert (canvas.state == State.ROAD).all()
    paint_one(canvas, box_mesh(10.0, 0.0, heading, shape=shape))
    (u, v, _), (x, y, _) = project(PROJECTION, np.array([[0.0, -1.0, 10.0], [0.85, -1.0, 10.0]]))
    assert canvas.state[round(v), round(u)] == State.ROAD
    assert canvas.state[round(y), round(x)] == State.NOT_ROAD
