# The Tollgate container: Node 24, the bundle, and its production dependencies.
# Not run yet: no Docker engine was at hand when it was written (docs/docker.md says what was checked instead).

FROM node:24-slim AS build
WORKDIR /app
# The packages first: they change less often than the sources, so this layer is reused.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts/build.mjs scripts/build-program.mjs scripts/
COPY src/ src/
RUN node scripts/build.mjs && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules/ node_modules/
COPY --from=build /app/dist/ dist/
COPY package.json LICENSE ./
COPY schema/ schema/
# Where a rendered Envoy configuration can be written for another container (docker-compose.yml); a new volume takes over its owner.
RUN mkdir -p /config /etc/tollgate && chown node:node /config
# The image's own unprivileged user, uid 1000.
USER node
# ext_proc, the rate limit service, and the admin pages, when the configuration says so.
EXPOSE 8082 8081 9090
# Without curl in the image: Node asks itself. The admin interface listens on loopback, as this does.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9090/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and handles SIGTERM itself: it drains, then ends.
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["serve", "-c", "/etc/tollgate/tollgate.yaml"]
