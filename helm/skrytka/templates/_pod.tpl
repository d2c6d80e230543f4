{{/* The pod of a component: {root, component, frontEnds, workers, resources}. */}}

{{- define "skrytka.pod" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "skrytka.labels" . | nindent 4 }}
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/secrets: {{ include "skrytka.secretsChecksum" .root }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "skrytka.podBasics" .root | nindent 2 }}
  serviceAccountName: {{ include "skrytka.serviceAccountName" .root }}
  terminationGracePeriodSeconds: {{ include "skrytka.gracePeriod" .root }}
  {{- with include "skrytka.placement" . }}
  {{- . | nindent 2 }}
  {{- end }}
  containers:
    - name: skrytka
      {{- include "skrytka.containerBasics" .root | nindent 6 }}
      args: [serve, --plugins, {{ join "," .frontEnds | quote }}]
      env:
        {{- include "skrytka.env" . | nindent 8 }}
      ports:
        {{- include "skrytka.containerPorts" . | nindent 8 }}
      {{- include "skrytka.probes" .root | nindent 6 }}
      lifecycle:
        # Endpoints learn of a pod's end while it already ends: it goes on accepting until they have.
        preStop:
          exec:
            command: [sleep, {{ $values.shutdown.preStopSeconds | quote }}]
      resources:
        {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        - name: data
          mountPath: /var/lib/skrytka
        - name: tmp
          mountPath: /tmp
        {{- if $values.blobs.existingClaim }}
        - name: blobs
          mountPath: /blobs
        {{- end }}
        {{- if include "skrytka.tlsSecret" . }}
        - name: tls
          mountPath: /etc/skrytka/tls
          readOnly: true
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- if eq $values.mode "scaled" }}
    # Metrics of the workers, and a self-signed certificate where there is no other: nothing that has to stay.
    - name: data
      emptyDir: {}
    {{- end }}
    {{- with $values.blobs.existingClaim }}
    - name: blobs
      persistentVolumeClaim:
        claimName: {{ . }}
    {{- end }}
    {{- with include "skrytka.tlsSecret" . }}
    - name: tls
      secret:
        secretName: {{ . }}
        defaultMode: 0440
    {{- end }}
{{- end -}}

{{/* What the pods have in common with the migration's. */}}
{{- define "skrytka.podBasics" -}}
# Kubernetes would put SKRYTKA_... variables of every Service into the environment, where settings are read from.
enableServiceLinks: false
automountServiceAccountToken: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "skrytka.containerBasics" -}}
image: {{ include "skrytka.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "skrytka.containerPorts" -}}
- name: health
  containerPort: 8081
{{- $ports := include "skrytka.ports" . | fromYaml }}
{{- range $frontEnd := .frontEnds }}
{{- $given := (index $.root.Values.frontEnds $frontEnd).service.ports }}
{{- range $name, $each := index $ports $frontEnd }}
{{- if gt (int (index $given $name)) 0 }}
- name: {{ $name }}
  containerPort: {{ $each.port }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
Every pod answers on a port for health alone, whatever it serves. A TCP connect to a mail port would succeed while the process
still migrates, and be refused where a PROXY header is expected.
*/}}
{{- define "skrytka.probes" -}}
startupProbe:
  httpGet: {path: /healthz/live, port: health}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: {{ div (add (int .Values.probes.startupSeconds) 4) 5 }}
livenessProbe:
  httpGet: {path: /healthz/live, port: health}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /healthz/ready, port: health}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/*
Longer than a drain can take: preStop, serve.drain_timeout_s (30 is its default), and what the supervisor and the events
of the last commands take after it.
*/}}
{{- define "skrytka.gracePeriod" -}}
{{- $drain := dig "serve" "drain_timeout_s" 30 .Values.settings -}}
{{- add .Values.shutdown.preStopSeconds (ceil $drain) 15 -}}
{{- end -}}

{{/*
Changes with the Secrets that the pods read at their start, so that an upgrade restarts them. Of their versions, not their
content: a hash of a password lets one try passwords. Without a cluster to ask (helm template) it never changes.
*/}}
{{- define "skrytka.secretsChecksum" -}}
{{- $versions := list -}}
{{- range list .Values.store .Values.redis .Values.bootstrapKey .Values.tls -}}
{{- with .existingSecret -}}
{{- $found := lookup "v1" "Secret" $.Release.Namespace . | default dict -}}
{{- $versions = append $versions (printf "%s=%s" . (dig "metadata" "resourceVersion" "" $found)) -}}
{{- end -}}
{{- end -}}
{{- join "," $versions | sha256sum -}}
{{- end -}}
