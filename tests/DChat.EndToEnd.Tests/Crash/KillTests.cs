using System.Globalization;
using DChat.Abstractions.Grains;
using DChat.Client;
using DChat.Core.Messages;
using DChat.Core.Sync;
using DChat.Core.Topics;
using DChat.EndToEnd.Tests.Silo;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>
/// kill -9 under load, again and again on the same data. <c>DCHAT_KILL_ROUNDS</c> sets the rounds, <c>DCHAT_KILL_SEED</c>
/// repeats a run as far as the moments of the kills go.
/// </summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int DefaultRounds = 20;
    private const int MaxAcknowledgedPerRound = 500;
    private const int OneInSoManyRecoveriesIsKilled = 4;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_acknowledged_survives_kills_and_subscribers_see_every_position_once()
    {
        var seed = Knob("DCHAT_KILL_SEED") ?? Random.Shared.Next();
        var rounds = Knob("DCHAT_KILL_ROUNDS") ?? DefaultRounds;
        output.WriteLine($"{rounds} rounds, DCHAT_KILL_SEED={seed}");
        var settings = Silos.In(_folder["data"]) with { Arguments = WithoutQuotas };
        var silo = await SiloProcess.StartAsync(settings, Cancel);
        try
        {
            await using var client = await ExternalClient.ConnectAsync(settings, BePatient, Cancel);
            var network = await client.DChat.DescribeNetworkAsync(Cancel);
            var workload = new Workload(client.DChat, network.Network, network.ShardBits);
            var shards = Enumerable.Range(0, 1 << network.ShardBits).Select(shard => new ShardId((ushort)shard)).ToList();
            var shardWitnesses = shards.ConvertAll(shard => Witness.OfShard(client.DChat, shard));
            var topicWitnesses = workload.Topics.Take(4).ToDictionary(topic => topic, topic => Witness.OfTopic(client.DChat, topic));

            workload.Start();
            var sw = System.Diagnostics.Stopwatch.StartNew();
            var random = new Random(seed);
            for (var round = 1; round <= rounds; round++)
            {
                await workload.WaitForMoreAsync(random.Next(1, MaxAcknowledgedPerRound + 1), Cancel);
                output.WriteLine($"{sw.Elapsed} reached {workload.Acknowledged.Count}");
                await silo.KillAsync(Cancel);
                if (random.Next(OneInSoManyRecoveriesIsKilled) == 0)
                {
                    await KillWhileRecoveringAsync(settings);
                }

                silo = await SiloProcess.StartAsync(settings, Cancel);
                output.WriteLine($"{sw.Elapsed} restarted");
            }

            await workload.WaitForMoreAsync(1, Cancel);
            await workload.StopAsync(Cancel);
            output.WriteLine($"{sw.Elapsed} stopped");

            var log = new List<LogRecord>();
            foreach (var shard in shards)
            {
                var records = await ReadShardAsync(client, network.Network, shard);
                AssertDense(records);
                await AssertSeenAsync(shardWitnesses[shard.Value], records);
                log.AddRange(records);
            }

            AssertAcknowledged(workload.Acknowledged, log);
            await AssertReadableAsync(client.DChat, workload);
            foreach (var (topic, witness) in topicWitnesses)
            {
                await AssertSeenAsync(witness, [.. log.Where(record => record.Topic == topic.Tag)]);
            }

            output.WriteLine($"{log.Count} messages, {workload.Acknowledged.Count(message => message.Receipt.IsDuplicate)} acknowledged on a retry");
            Assert.Equal(0, await silo.StopAsync(Cancel));
        }
        catch
        {
            output.WriteLine(silo.Process.Describe("was the last one"));
            throw;
        }
        finally
        {
            await silo.DisposeAsync();
        }
    }

    private static int? Knob(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    // One device is many publishers here.
    private static string[] WithoutQuotas { get; } =
    [
        .. new[] { "Author", "Topic", "Source" }.SelectMany(quota => new[]
        {
            $"--DChat:Admission:{quota}:TokensPerSecond", "1000000",
            $"--DChat:Admission:{quota}:Burst", "10000000",
        }),
    ];

    private static void BePatient(DChatClientOptions options)
    {
        options.RetryTimeout = TimeSpan.FromHours(1);
        options.StreamSilence = TimeSpan.FromSeconds(1);
    }

    private static async Task KillWhileRecoveringAsync(SiloSettings settings)
    {
        await using var process = settings.Start();
        await process.WaitForLineAsync(line => line.Contains("Opened log", StringComparison.Ordinal), Cancel);
        await process.KillAsync(Cancel);
    }

    private static async Task<List<LogRecord>> ReadShardAsync(ExternalClient client, string network, ShardId shard)
    {
        var grain = client.Orleans.GetGrain<ISyncShardGrain>(GrainKeys.Shard(network, shard));
        var records = new List<LogRecord>();
        var position = default(LogPosition);
        while (true)
        {
            var reply = await grain.ReadAsync(position, EnvelopeBatch.MaxCount);
            var index = 0;
            foreach (var envelope in reply.Envelopes.Envelopes)
            {
                Assert.Equal(RejectionCode.None, Envelope.TryRead(envelope.Span, out var view));
                position = new LogPosition(reply.Head.Log, reply.Sequences[index]);
                records.Add(new LogRecord(position, reply.TopicSequences[index], view.TopicTag, MessageId.Compute(envelope.Span)));
                index++;
            }

            if (index == 0)
            {
                Assert.Equal(reply.Head.Sequence, (ulong)records.Count);
                return records;
            }
        }
    }

    private static void AssertDense(List<LogRecord> records)
    {
        Assert.Equal(Enumerable.Range(1, records.Count).Select(i => (ulong)i), records.Select(record => record.Position.Sequence));
        foreach (var topic in records.GroupBy(record => record.Topic))
        {
            Assert.Equal(Enumerable.Range(1, topic.Count()).Select(i => (ulong)i), topic.Select(record => record.TopicSequence));
        }
    }

    private static async Task AssertSeenAsync(Witness witness, List<LogRecord> records)
    {
        var seen = await witness.FinishAsync(records.LastOrDefault()?.Position.Sequence ?? 0, Cancel);

        Assert.Equal(records.Select(record => (record.Position, record.Id)), seen);
    }

    /// <summary>Every message has one position, the acknowledged one; and as all were acknowledged in the end, there is nothing else.</summary>
    private static void AssertAcknowledged(IReadOnlyCollection<Acknowledged> acknowledged, List<LogRecord> log) =>
        Assert.Equal(
            acknowledged.Select(message => (message.Receipt.MessageId, message.Receipt.Position, message.Receipt.TopicSequence)).Order(ById),
            log.Select(record => (record.Id, record.Position, record.TopicSequence)).Order(ById));

    private static Comparer<(MessageId Id, LogPosition Position, ulong TopicSequence)> ById { get; } =
        Comparer<(MessageId Id, LogPosition Position, ulong TopicSequence)>.Create((left, right) => left.Id.CompareTo(right.Id));

    private static async Task AssertReadableAsync(IDChatClient client, Workload workload)
    {
        foreach (var topic in workload.Topics)
        {
            var read = new List<(MessageId, LogPosition, string)>();
            FetchPage? page = null;
            do
            {
                page = await client.FetchAsync(topic, page?.Next, cancellationToken: Cancel);
                read.AddRange(page.Messages.Select(message => (message.MessageId, message.Position, message.GetText())));
            }
            while (page.HasMore);

            var published = workload.Acknowledged.Where(message => message.Topic == topic)
                .Select(message => (message.Receipt.MessageId, message.Receipt.Position, message.Text));
            Assert.Equal(published.OrderBy(message => message.Position.Sequence), read);
        }
    }
}
