// Loaded before everything else: this machine says it is another one.
const { PRETEND_GLIBC: glibc, PRETEND_ARCH: arch } = process.env;
if (glibc !== undefined) {
  const getReport = process.report.getReport.bind(process.report);
  process.report.getReport = () => {
    const report = getReport();
    report.header.glibcVersionRuntime = glibc || undefined;
    return report;
  };
}
if (arch !== undefined) Object.defineProperty(process, 'arch', { value: arch });
