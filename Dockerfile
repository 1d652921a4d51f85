# The driver by itself; its local target needs --database-url here.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/driver ./driver && mkdir /out/results

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/driver /driver
# A new volume takes its owner from here.
COPY --from=build --chown=65532:65532 /out/results /results
USER 65532:65532
WORKDIR /results
ENTRYPOINT ["/driver"]
CMD ["run"]
