"""The door of vision: cameras, their signs, the nodes that run them."""

from linli.sensing.vision.cameras import (
    Camera,
    CameraSettings,
    Node,
    Sign,
    SignDraft,
    SourceDraft,
)
from linli.sensing.vision.plan import Duty, SourceKind, TrackFile
from linli.sensing.vision.service import (
    add_camera,
    all_cameras,
    assign,
    camera_of,
    cameras_named,
    change_camera,
    node_at_door,
    nodes_in,
    plan_of,
    put_up_sign,
    set_up,
    tell_node,
    way_to,
)

__all__ = [
    "Camera",
    "CameraSettings",
    "Duty",
    "Node",
    "Sign",
    "SignDraft",
    "SourceDraft",
    "SourceKind",
    "TrackFile",
    "add_camera",
    "all_cameras",
    "assign",
    "camera_of",
    "cameras_named",
    "change_camera",
    "node_at_door",
    "nodes_in",
    "plan_of",
    "put_up_sign",
    "set_up",
    "tell_node",
    "way_to",
]
