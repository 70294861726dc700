using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DChat.Core;
using DChat.Testing.Tls;
using DChat.Tls.Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Tls.Tests.Certificates;

public sealed class TlsSourceTests : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _time = new(TestAuthority.Now);
    private readonly LinesOfLog _log = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_new_certificate_is_taken_at_the_next_look()
    {
        var files = _authority.Silo();
        using var source = Open(files);
        var renewed = _authority.Issue(isSilo: true);
        _authority.Write("silo", renewed);

        _time.Advance(TlsSource.Period - TimeSpan.FromTicks(1));
        Assert.NotEqual(renewed.Thumbprint, source.Current.Certificate.Thumbprint);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(renewed.Thumbprint, source.Current.Certificate.Thumbprint);
        Assert.Contains($"New connections use the new certificate of {files.Certificate}", Assert.Single(_log.At(LogLevel.Information)), StringComparison.Ordinal);
        Assert.Null(source.Problem);
    }

    [Fact]
    public void A_half_written_file_leaves_the_old_certificate_and_is_named_once()
    {
        var files = _authority.Silo();
        using var source = Open(files);
        var old = source.Current.Certificate.Thumbprint;
        var renewed = _authority.Issue(isSilo: true);
        _authority.Write("silo", renewed);
        var whole = File.ReadAllText(files.Certificate!);
        File.WriteAllText(files.Certificate!, whole[..(whole.Length / 2)]);

        _time.Advance(TlsSource.Period * 3);

        Assert.Equal(old, source.Current.Certificate.Thumbprint);
        Assert.StartsWith(
            $"{files.Certificate} cannot be used for TLS: it holds no certificate in PEM.", Assert.Single(_log.At(LogLevel.Error)), StringComparison.Ordinal);
        Assert.Equal($"{files.Certificate} cannot be used for TLS: it holds no certificate in PEM.", source.Problem);

        File.WriteAllText(files.Certificate!, whole);
        _time.Advance(TlsSource.Period);
        Assert.Equal(renewed.Thumbprint, source.Current.Certificate.Thumbprint);
        Assert.Null(source.Problem);
    }

    [Fact]
    public void A_certificate_before_its_key_waits_for_the_key()
    {
        var files = _authority.Silo();
        using var source = Open(files);
        var old = source.Current.Certificate.Thumbprint;
        var renewed = _authority.Issue(isSilo: true);
        File.WriteAllText(files.Certificate!, renewed.ExportCertificatePem());

        _time.Advance(TlsSource.Period);
        Assert.Equal(old, source.Current.Certificate.Thumbprint);
        Assert.StartsWith($"{files.Key} cannot be used for TLS: it is no key in PEM", Assert.Single(_log.At(LogLevel.Error)), StringComparison.Ordinal);

        _authority.Write("silo", renewed);
        _time.Advance(TlsSource.Period);
        Assert.Equal(renewed.Thumbprint, source.Current.Certificate.Thumbprint);
    }

    [Theory]
    [InlineData("silo.pem", 20)]
    [InlineData("silo.key", 100)]
    [InlineData("authority.pem", 20)]
    public void Damaged_files_of_any_kind_never_end_the_process(string damaged, int rounds)
    {
        const int Seed = 20260101;
        var random = new Random(Seed);
        var files = _authority.Silo();
        using var source = Open(files);
        var old = source.Current.Certificate.Thumbprint;
        var path = Path.Combine(Path.GetDirectoryName(files.Authority)!, damaged);
        var pem = File.ReadAllText(path);
        var label = PemEncoding.Find(pem);
        var content = Convert.FromBase64String(pem[label.Base64Data]);
        for (var round = 0; round < rounds; round++)
        {
            var mutant = content.ToArray();
            mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            File.WriteAllText(path, PemEncoding.WriteString(pem[label.Label], mutant));

            var thrown = Record.Exception(() => source.Look());

            Assert.True(thrown is null, $"seed {Seed}, round {round}: {thrown}");
        }

        File.WriteAllText(path, pem);
        source.Look();
        Assert.Null(source.Problem);
        Assert.Equal(old, source.Current.Certificate.Thumbprint);
    }

    [Fact]
    public void What_watches_the_process_sees_the_end_of_the_certificate_and_broken_files()
    {
        var files = _authority.Write("silo", _authority.Issue(isSilo: true, TestAuthority.Now + TimeSpan.FromMinutes(10)));
        using var source = Open(files);
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name.StartsWith("dchat.tls.", StringComparison.Ordinal) && instrument.Meter.Scope == source)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal(0, seen["dchat.tls.files.unusable"]);
        Assert.Equal((source.Current.NotAfter - _time.GetUtcNow()).TotalSeconds, seen["dchat.tls.certificate.remaining"]);

        File.WriteAllText(files.Certificate!, "garbage");
        _time.Advance(TimeSpan.FromMinutes(11));
        listener.RecordObservableInstruments();

        Assert.Equal(1, seen["dchat.tls.files.unusable"]);
        Assert.Equal((source.Current.NotAfter - _time.GetUtcNow()).TotalSeconds, seen["dchat.tls.certificate.remaining"]);
        Assert.True(seen["dchat.tls.certificate.remaining"] < 0);
    }

    [Fact]
    public void A_file_that_is_gone_for_a_while_is_an_error_until_it_is_back()
    {
        var files = _authority.Silo();
        using var source = Open(files);
        var content = File.ReadAllText(files.Authority!);
        File.Delete(files.Authority!);

        _time.Advance(TlsSource.Period);
        Assert.StartsWith($"{files.Authority} cannot be used for TLS: ", source.Problem, StringComparison.Ordinal);

        File.WriteAllText(files.Authority!, content);
        _time.Advance(TlsSource.Period);
        Assert.Null(source.Problem);
    }

    [Fact]
    public void A_certificate_is_warned_of_daily_in_its_last_14_days()
    {
        var notAfter = TestAuthority.Now + TimeSpan.FromDays(15);
        var files = _authority.Write("silo", _authority.Issue(isSilo: true, notAfter));
        using var source = Open(files);
        Assert.Null(source.Problem);

        _time.Advance(TimeSpan.FromDays(1) + TlsSource.Period);
        Assert.StartsWith($"the certificate of {files.Certificate} ends at ", source.Problem, StringComparison.Ordinal);
        Assert.Contains("renew it", Assert.Single(_log.At(LogLevel.Warning)), StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromDays(1) - TlsSource.Period);
        Assert.Single(_log.At(LogLevel.Warning));
        _time.Advance(TlsSource.Period);
        Assert.Equal(2, _log.At(LogLevel.Warning).Count);
    }

    [Fact]
    public void A_file_is_read_up_to_its_limit()
    {
        var files = _authority.Silo();
        var padding = TlsContent.MaxFileBytes - new FileInfo(files.Authority!).Length;
        File.AppendAllText(files.Authority!, new string('\n', (int)padding));
        Open(files).Dispose();

        File.AppendAllText(files.Authority!, "\n");

        AssertUnusable(files, files.Authority!, $"it is longer than {TlsContent.MaxFileBytes} bytes.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pfx_file_holds_the_key_and_may_have_a_password(bool hasPassword)
    {
        var files = _authority.Silo();
        var password = hasPassword ? "secret" : null;
        var certificate = _authority.Issue(isSilo: true);
        var pfx = Path.ChangeExtension(files.Certificate!, ".pfx");
        File.WriteAllBytes(pfx, certificate.Export(X509ContentType.Pkcs12, password));

        using var source = Open(new TlsFiles { Certificate = pfx, KeyPassword = password, Authority = files.Authority });

        Assert.Equal(certificate.Thumbprint, source.Current.Certificate.Thumbprint);
        if (hasPassword)
        {
            AssertUnusable(new TlsFiles { Certificate = pfx, KeyPassword = "other", Authority = files.Authority }, pfx, "it is no PFX file, or the password is another.");
        }
    }

    [Fact]
    public void What_every_peer_would_refuse_is_named_at_once()
    {
        using var other = new TestAuthority();
        var foreign = other.Silo();
        foreign.Authority = _authority.Path;
        AssertUnusable(foreign, foreign.Certificate!, $"its certificate is of another authority (the authority is {_authority.Path}).");

        var expired = _authority.Write("expired", _authority.Issue(isSilo: true, TestAuthority.Now - TimeSpan.FromDays(1)));
        AssertUnusable(expired, expired.Certificate!, "its certificate is valid from ");

        var client = _authority.Client();
        AssertUnusable(client, client.Certificate!, "its certificate is not a silo's: it lacks the name URI:dchat://silo.");
        new TlsSource(client, PeerRole.Any, _time, _log).Dispose();

        var half = _authority.Write("half", _authority.Issue(isSilo: true, null, ServerAuthentication));
        AssertUnusable(half, half.Certificate!, "its certificate is not for this use: ");
        Open(_authority.Write("both", _authority.Issue(isSilo: true, null, ServerAuthentication, ClientAuthentication))).Dispose();
    }

    private TlsSource Open(TlsFiles files) => new(files, PeerRole.Silo, _time, _log);

    private void AssertUnusable(TlsFiles files, string file, string fault)
    {
        var thrown = Assert.Throws<DChatException>(() => Open(files));

        Assert.Equal(TlsCodes.Unusable, thrown.Code);
        Assert.StartsWith($"{file} cannot be used for TLS: {fault}", thrown.Message, StringComparison.Ordinal);
    }
}
