using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Core;
using Microsoft.Extensions.Logging;

namespace DChat.Tls.Certificates;

/// <summary>
/// The credentials that new connections use. Looks at the files every <see cref="Period"/> and takes what has changed; what
/// cannot be used leaves the old ones in place, and is logged once.
/// </summary>
public sealed partial class TlsSource : IDisposable
{
    /// <summary>How often the files are looked at. Contents are compared, so links and copies of any kind are noticed.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>How long before its end a certificate is warned of.</summary>
    public static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(14);

    private static readonly TimeSpan WarningPeriod = TimeSpan.FromDays(1);

    private readonly PeerRole _role;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Meter _meter;
    private readonly Lock _gate = new();
    private volatile TlsCredentials _current;
    private string _used;
    private string? _fault;
    private DateTimeOffset _warnedAt = DateTimeOffset.MinValue;

    /// <summary>Reads the files.</summary>
    /// <param name="files">Where they are.</param>
    /// <param name="role">What the certificate is to be used as.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where to tell of new and broken files.</param>
    /// <exception cref="DChatException">An option is missing (<c>options-invalid</c>), or a file cannot be used (<c>tls-unusable</c>).</exception>
    public TlsSource(TlsFiles files, PeerRole role, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(time);
        files.Validate();
        (Files, _role, _time, _logger) = (files, role, time, logger);
        var content = TlsContent.Read(files);
        _current = TlsCredentials.Create(files, content, role);
        _used = content.Digest();
        WarnOfExpiry();
        _meter = new Meter(new MeterOptions(DChatTelemetry.Name) { Scope = this });
        _meter.CreateObservableGauge(
            "dchat.tls.certificate.remaining", () => (Current.NotAfter - _time.GetUtcNow()).TotalSeconds, "s", "Until the certificate in use ends; negative once it has.");
        _meter.CreateObservableGauge("dchat.tls.files.unusable", () => Volatile.Read(ref _fault) is null ? 0 : 1, "{fault}", "1 while the files cannot be used and the certificate read before stays.");
        _timer = time.CreateTimer(_ => Look(), null, Period, Period);
    }

    /// <summary>The files that are looked at.</summary>
    public TlsFiles Files { get; }

    /// <summary>What is wrong, for whoever watches the process: broken files, or a certificate that ends soon; null when nothing is.</summary>
    public string? Problem
    {
        get
        {
            lock (_gate)
            {
                return _fault ?? (IsEndingSoon ? $"the certificate of {Files.Certificate} ends at {Current.NotAfter:yyyy-MM-ddTHH:mm:ssZ}" : null);
            }
        }
    }

    internal TlsCredentials Current => _current;

    private bool IsEndingSoon => Current.NotAfter - _time.GetUtcNow() < ExpiryNotice;

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _meter.Dispose();
    }

    /// <summary>Looks at the files now.</summary>
    internal void Look()
    {
        lock (_gate)
        {
            try
            {
                var content = TlsContent.Read(Files);
                var digest = content.Digest();
                if (digest != _used)
                {
                    _current = TlsCredentials.Create(Files, content, _role);
                    _used = digest;
                    _warnedAt = DateTimeOffset.MinValue;
                    LogReplaced(_logger, Files.Certificate!, Current.NotAfter);
                }

                _fault = null;
            }
            catch (DChatException broken)
            {
                if (_fault != broken.Message)
                {
                    LogBroken(_logger, broken.Message);
                }

                _fault = broken.Message;
            }

            WarnOfExpiry();
        }
    }

    private void WarnOfExpiry()
    {
        var now = _time.GetUtcNow();
        if (IsEndingSoon && now - _warnedAt >= WarningPeriod)
        {
            _warnedAt = now;
            LogEndingSoon(_logger, Files.Certificate!, Current.NotAfter);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "New connections use the new certificate of {File}, which ends at {NotAfter:u}.")]
    private static partial void LogReplaced(ILogger logger, string file, DateTimeOffset notAfter);

    [LoggerMessage(2, LogLevel.Error, "{Fault} The certificate read before stays in use.")]
    private static partial void LogBroken(ILogger logger, string fault);

    [LoggerMessage(3, LogLevel.Warning, "The certificate of {File} ends at {NotAfter:u}: renew it. New files are taken without a restart.")]
    private static partial void LogEndingSoon(ILogger logger, string file, DateTimeOffset notAfter);
}
