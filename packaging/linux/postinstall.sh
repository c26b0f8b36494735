#!/bin/sh
# Creates the user of the service and gives it the settings. The service is neither started nor restarted.
set -e
if command -v systemd-sysusers >/dev/null 2>&1; then
  systemd-sysusers raff.conf
elif ! getent passwd raff >/dev/null; then
  getent group raff >/dev/null || groupadd --system raff
  useradd --system --gid raff --home-dir /var/lib/raff --no-create-home --shell /usr/sbin/nologin raff
fi
chown root:raff /etc/raff /etc/raff/raff.yaml
chmod 0750 /etc/raff
chmod 0640 /etc/raff/raff.yaml
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
if ! grep -q '^public-url:' /etc/raff/raff.yaml; then
  echo "Set public-url in /etc/raff/raff.yaml, then: systemctl enable --now raffd"
elif [ -d /run/systemd/system ] && systemctl is-active --quiet raffd.service; then
  # Not by itself: the new program may migrate the database, which should be backed up first.
  echo "raffd still runs the earlier version. Make a backup, then: systemctl restart raffd"
fi
