"""The page that plays a video in Snakemake's own report."""

from dying_relu.videos.viewer import write_viewer


def test_a_page_with_its_video(tmp_path):
    (tmp_path / ".unfinished-dw.mp4").write_bytes(b"video")
    write_viewer(tmp_path / "viewer", "BN <on>", tmp_path / ".unfinished-dw.mp4", "dw.mp4")
    assert (tmp_path / "viewer" / "dw.mp4").read_bytes() == b"video"
    text = (tmp_path / "viewer" / "index.html").read_text()
    assert 'src="dw.mp4"' in text
    assert text.count("BN &lt;on&gt;") == 2
