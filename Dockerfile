# ifpulse in a container:
#
#   docker build -t ifpulse .
#   docker run --rm --network host ifpulse
#
# A container has a network of its own, so on its own ifpulse would show the container's.
# "--network host" shows the host's: its interfaces, counters and connections. It then listens on the
# host's 127.0.0.1:8750, where the host's users reach it and nobody else.
#
# Which process holds which connection takes more: the host's processes ("--pid host") and leave to
# look into them. ifpulse changes nothing with it, but these are strong capabilities:
#
#   docker run --rm --network host --pid host --user 0 --cap-drop ALL \
#       --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH --read-only ifpulse
#
# "--cap-add BPF --cap-add PERFMON", where Docker and the kernel know them, lets the kernel list the
# owners: that is exact, and names those of short connections too.
#
# On hosts with AppArmor add "--security-opt apparmor=unconfined": Docker's profile forbids to look
# into processes outside. Without all this the page works and says what it does not show.
#
# With a network of its own (to watch this container, or others that join it by "--network
# container:NAME") it has to listen on all of the container's addresses, and "--anonymous" says that
# this is meant: whoever reaches the published port sees everything. So publish it on loopback only:
#
#   docker run --rm -p 127.0.0.1:8750:8750 ifpulse --listen 0.0.0.0:8750 --anonymous
#
# Publish it under the same number: the port is part of the Host header that is checked (or name the
# host in "allowed_hosts" of a --config file).

FROM debian:12-slim AS build
WORKDIR /src
COPY script/bootstrap script/bootstrap
RUN script/bootstrap build
COPY . .
RUN script/build release -DIFPULSE_TESTS=OFF && DESTDIR=/out cmake --install build/release --strip

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libbpf1 libjansson4 libmnl0 libssl3 libwebsockets17 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 8750 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ifpulse
COPY --from=build /out/usr/local/bin/ifpulse /usr/local/bin/ifpulse
COPY --from=build /out/usr/local/share/ifpulse /usr/local/share/ifpulse
COPY --from=build /out/usr/local/etc/ifpulse /usr/local/etc/ifpulse
USER ifpulse
EXPOSE 8750
# There is no HTTP client in the image, but bash opens sockets. With another port, give your own
# --health-cmd.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["bash", "-c", "\
exec 3<>/dev/tcp/127.0.0.1/8750 && \
printf 'GET /api/v1/health HTTP/1.1\\r\\nHost: 127.0.0.1:8750\\r\\nConnection: close\\r\\n\\r\\n' >&3 && \
read -r -t 4 line <&3 && [[ $line == 'HTTP/1.1 200 '* ]]"]
ENTRYPOINT ["ifpulse"]
CMD ["serve"]
