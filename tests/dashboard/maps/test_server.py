import subprocess
import sys

import pytest
import streamlit.config

from dashboard.server import config


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_every_option_is_known_to_streamlit(host):
    known = streamlit.config.get_config_options()
    assert set(config(host=host, port=8501)) <= set(known)


def test_the_server_speaks_to_nobody_else():
    made = config(host="127.0.0.1", port=8501)
    assert made["browser.gatherUsageStats"] is False
    assert made["browser.serverAddress"] == "localhost"  # else it asks the internet
    assert made["client.showErrorLinks"] is False
    assert made["server.address"] == "127.0.0.1"


def test_names_are_not_rebound():
    assert config(host="127.0.0.1", port=1)["server.allowedHosts"] == ["127.0.0.1", "localhost"]
    named = config(host="0.0.0.0", port=1, public_host="atlas.example")
    assert "atlas.example" in named["server.allowedHosts"]
    assert named["browser.serverAddress"] == "atlas.example"


def test_the_map_component_is_not_imported_before_the_server_runs():
    """Declared before there is a runtime, the component would answer 404."""
    code = "import sys, dashboard.server; sys.exit('streamlit_folium' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
