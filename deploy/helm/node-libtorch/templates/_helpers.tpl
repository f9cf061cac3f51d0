{{- define "labels" -}}
app.kubernetes.io/name: node-libtorch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "name" -}}
{{- if eq .Release.Name "node-libtorch" }}node-libtorch{{ else }}{{ .Release.Name }}-node-libtorch{{ end -}}
{{- end -}}
