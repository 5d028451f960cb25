"""Unpacks the AWS CLI 2 that a package of the AWS CDK contains, for its layers of Lambda functions.

    unpack.py FOLDER    the new folder of the program and its libraries

The package is that of requirements.txt, installed in this Python. Its wheel has a tarball of npm,
which has an archive of the layer.
"""

import io
import pathlib
import sys
import tarfile
import zipfile

packages = next(pathlib.Path(sys.prefix).glob("lib/python3*/site-packages"))
[tarball] = packages.glob("aws_cdk/asset_awscli_v2/_jsii/*.jsii.tgz")
folder = pathlib.Path(sys.argv[1])
with tarfile.open(tarball) as package:
    layer = zipfile.ZipFile(io.BytesIO(package.extractfile("package/lib/layer.zip").read()))
for entry in layer.infolist():
    _, found, path = entry.filename.partition("/dist/")
    # The examples are for `help`.
    if not found or entry.is_dir() or path.startswith("awscli/examples/"):
        continue
    target = folder / path
    if not target.resolve().is_relative_to(folder.resolve()):
        raise SystemExit(f"{entry.filename} is outside of the folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(layer.read(entry))
(folder / "aws").chmod(0o755)
