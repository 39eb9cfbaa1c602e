from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib")

from seesaw import plot_curve  # noqa: E402

CURVE = "samples,sface,mfn,relation,other\n2000,0.7,0.8,0.75,1\n1000,0.6,0.7,0.65,1\n"
LFW = "samples,accuracy,standard_error,auc\n1000,0.91,0.004,0.9\n2000,0.95,0.003,0.9\n"


def write(folder, curve=CURVE, lfw=LFW):
    (folder / "net.curve.csv").write_text(curve)
    (folder / "net.lfw.csv").write_text(lfw)
    return folder / "net"


def test_columns_come_in_the_order_of_samples(tmp_path):
    write(tmp_path)
    columns = plot_curve.read_columns(
        tmp_path / "net.curve.csv", ("samples",), ("mfn", "edgeface-xs")
    )
    assert columns == {"samples": [1000, 2000], "mfn": [0.7, 0.8]}


@pytest.mark.parametrize(
    ("text", "message"),
    [("samples,mfn\n1,2\n", "no column relation"), ("samples,relation\n", "no rows")],
)
def test_a_wrong_table_is_refused(tmp_path, text, message):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        plot_curve.read_columns(path, ("samples", "relation"))


def test_the_picture_is_well_formed_and_the_same_each_time(tmp_path, monkeypatch):
    base = write(tmp_path)
    monkeypatch.setattr("sys.argv", ["plot_curve", str(base)])
    plot_curve.main()
    first = (tmp_path / "net.curve.svg").read_bytes()
    plot_curve.main()
    assert (tmp_path / "net.curve.svg").read_bytes() == first
    words = "".join(ElementTree.fromstring(first).itertext())
    for expected in ("91.00 %", "95.00 %", "cosine to SFace", "training samples seen"):
        assert expected in words
