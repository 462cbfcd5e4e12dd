"""Certificates for the tests of TLS, made anew each time with openssl."""

import os
import subprocess


class Authority:
    """A CA in a folder; file: its certificate, in PEM."""

    def __init__(self, folder, name):
        self._base = os.path.join(folder, name)
        self.file = self._base + ".pem"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-subj", f"/CN={name}", "-days", "2", "-keyout", self._base + ".key", "-out", self.file)

    @staticmethod
    def _run(*arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}"

    def sign(self, name, subject="IP:127.0.0.1", days=2):
        """A certificate for that subject; the paths of it and of its key. days below 0: past already."""
        base = f"{self._base}-{name}"
        with open(base + ".ext", "w", encoding="ascii") as out:
            out.write(f"subjectAltName={subject}\n")
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                  "-keyout", base + ".key", "-out", base + ".csr")
        self._run("x509", "-req", "-in", base + ".csr", "-CA", self.file, "-CAkey", self._base + ".key",
                  "-CAcreateserial", "-days", str(days), "-extfile", base + ".ext", "-out", base + ".pem")
        os.chmod(base + ".key", 0o600)
        return base + ".pem", base + ".key"
