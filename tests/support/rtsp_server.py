"""A real RTSP server: `/usr/bin/python3 rtsp_server.py PORT FILE` serves the MP4 at `/camera`.

GStreamer's, from Debian (gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good); it
runs under the system's Python, which has the bindings. Says `ready` when it listens.
"""

# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false
# pyright: reportAttributeAccessIssue=false

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")

from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 (the versions come first)

PAYLOADERS = {"h264": "rtph264pay", "hevc": "rtph265pay"}


def main() -> None:
    port, file, codec = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( filesrc location={file} ! qtdemux ! {PAYLOADERS[codec]} name=pay0 pt=96 )"
    )
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
