using System.Diagnostics;
using System.Net;
using DChat.Benchmarks.Backbone;
using DChat.Core.Wire;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Wire;
using DChat.Testing.Gateways;
using Google.Protobuf;

namespace DChat.Benchmarks.Gateway;

/// <summary>
/// How long single pushes wait while peers of another address push forged signatures as fast as they can; those that are
/// closed come back under new PeerIds. Beside it, in the same run, how long they wait in quiet.
/// </summary>
internal static class AttackFigures
{
    private const int Forgers = 48;
    private const int PerRequest = 64;
    private const int Messages = 1_000;

    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);
    private static readonly IPAddress Home = IPAddress.Parse("127.0.0.10");
    private static readonly IPAddress ForgersHome = IPAddress.Parse("127.0.0.66");

    public static async Task ReportAsync(BenchmarkReport report, Multiaddr edge)
    {
        await using var host = From(Home);
        var connection = await host.ConnectAsync(edge);
        await using var push = await PushPeer.OpenAsync(host, connection, TimeProvider.System, CancellationToken.None, isVerifying: false);
        await MeasureAsync(push);
        var quiet = await MeasureAsync(push);
        using var over = new CancellationTokenSource();
        var forged = Corpus.Create(Forgers, batchSize: 1).Batches.Select(batch => batch.Envelopes.Envelopes.First().ToArray()).ToArray();
        var forgers = forged.Select(envelope => Task.Run(() => ForgeAsync(edge, envelope, over.Token))).ToArray();
        await Task.Delay(SettleTime);
        var attacked = await MeasureAsync(push);
        await over.CancelAsync();
        await Task.WhenAll(forgers);
        report.Add("honest-p99-quiet", quiet, "ms");
        report.Add("honest-p99-under-attack", attacked, "ms", "ratio <= 10", "honest-p99-quiet", attacked / quiet);
    }

    private static async Task<double> MeasureAsync(PushPeer push)
    {
        var waits = new List<double>(Messages);
        foreach (var batch in Corpus.Create(Messages, batchSize: 1).Batches)
        {
            var started = Stopwatch.GetTimestamp();
            var answers = await push.PushAsync([batch.Envelopes.Envelopes.First()], 1, CancellationToken.None);
            if (answers.Accepted.Count != 1)
            {
                throw new InvalidOperationException("An honest message was not accepted.");
            }

            waits.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return Quantiles.P99([.. waits]);
    }

    private static async Task ForgeAsync(Multiaddr edge, byte[] envelope, CancellationToken over)
    {
        for (var forgery = 1; !over.IsCancellationRequested;)
        {
            try
            {
                await using var host = From(ForgersHome);
                var connection = await host.ConnectAsync(edge, CancellationToken.None);
                var stream = await host.NewStreamAsync(connection, ["/dchat/push/1"], CancellationToken.None);
                var isOpen = true;
                while (isOpen && !over.IsCancellationRequested)
                {
                    LengthPrefixed.Write(stream.Output, Request(envelope, ref forgery).ToByteArray());
                    isOpen = !(await stream.Output.FlushAsync(CancellationToken.None)).IsCompleted;
                }
            }
            catch (Libp2pException)
            {
                // Closed, or no place left for its address: it tries again.
            }
        }
    }

    // The last bytes are of the signature (envelope.proto); each forgery is another.
    private static PushRequest Request(byte[] envelope, ref int forgery)
    {
        var request = new PushRequest();
        for (var i = 0; i < PerRequest; i++)
        {
            var forged = (byte[])envelope.Clone();
            BitConverter.TryWriteBytes(forged.AsSpan(forged.Length - 40), forgery++);
            request.Envelopes.Add(UnsafeByteOperations.UnsafeWrap(forged));
        }

        return request;
    }

    private static Libp2pHost From(IPAddress address)
    {
        var options = new Libp2pOptions();
        options.Transports.Clear();
        options.Transports.Add(new HostileTransport(address));
        return new Libp2pHost(options);
    }
}
