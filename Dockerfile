# The daemon in a container.
#
#   docker build -t daxemu .
#   docker run --rm --device /dev/fuse --cap-add SYS_ADMIN daxemu demo
#
# The FUSE guard mounts, so it needs /dev/fuse and CAP_SYS_ADMIN; where AppArmor forbids mounts in containers also
# --security-opt apparmor=unconfined. Without them the RDMA device works (docker run --user 1000 ...), unguarded. To guard a directory
# of the host and let its programs see the mount:
#
#   docker run --device /dev/fuse --cap-add SYS_ADMIN -v /run/daxemu:/run/daxemu -v /data:/data \
#       --mount type=bind,source=/guarded,target=/guarded,bind-propagation=rshared daxemu serve --volume /data:/guarded

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev linux-libc-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN dotnet publish src/DaxEmu.Daemon -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN apt-get update && apt-get install -y --no-install-recommends fuse3 util-linux coreutils && rm -rf /var/lib/apt/lists/* \
    && install -d -m 0755 /run/daxemu
COPY --from=build /app /opt/daxemu
ENV PATH="/opt/daxemu:$PATH"
ENTRYPOINT ["daxemu"]
CMD ["serve"]
