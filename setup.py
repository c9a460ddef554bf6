"""Ships the demonstration county of ``scenarios/`` inside the package when it is built."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithExamples(build_py):
    """Copy ``scenarios/*`` to ``capsim/examples`` of the build; an editable install reads them."""

    def run(self):
        """Build as usual, then copy the examples unless the install is editable."""
        super().run()
        if self.editable_mode:
            return
        for county in Path("scenarios").iterdir():
            if county.is_dir():
                target = Path(self.build_lib) / "capsim" / "examples" / county.name
                shutil.copytree(county, target, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithExamples})
