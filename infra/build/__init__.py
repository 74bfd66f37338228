"""Source -> two reproducible artefacts and one template, in `build/<stage>/`. `make package` and `make deploy` use it.

`contents` lists what goes where, `targets` what it is built for, `template` makes the template, `package` does it all.
"""

from infra.build.artefacts import package
from infra.build.dependencies import NotBuildable
from infra.build.manifest import Manifest, read
from infra.build.targets import LAMBDA, Target

__all__ = ["LAMBDA", "Manifest", "NotBuildable", "Target", "package", "read"]
