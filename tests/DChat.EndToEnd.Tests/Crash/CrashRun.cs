using DChat.Client;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>Load and subscribers on silos to which bad things happen, and the audit of what is left.</summary>
internal static class CrashRun
{
    private const int TopicsWatched = 4;

    /// <summary>Puts load on one silo and subscribers on one, lets <paramref name="disturb"/> do its worst, and checks what is left.</summary>
    /// <param name="publishTo">Whose gateway takes the load.</param>
    /// <param name="subscribeAt">Whose gateway serves the subscribers, who stay subscribed all the time.</param>
    /// <param name="disturb">What happens under load.</param>
    /// <param name="output">Told how much was checked.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    public static async Task RunAsync(
        SiloSettings publishTo,
        SiloSettings subscribeAt,
        Func<Workload, Task> disturb,
        ITestOutputHelper output,
        CancellationToken cancellationToken)
    {
        await using var publisher = await ExternalClient.ConnectAsync(publishTo, BePatient, cancellationToken);
        await using var subscriber = await ExternalClient.ConnectAsync(subscribeAt, BePatient, cancellationToken);
        await RunAsync(publisher, subscriber, disturb, () => [], output, cancellationToken);
    }

    /// <summary>The same with a client that finds its silos by itself, beside others that publish.</summary>
    /// <param name="clustering">How the client finds silos.</param>
    /// <param name="disturb">What happens under load.</param>
    /// <param name="others">What else was acknowledged to others, asked when <paramref name="disturb"/> is done.</param>
    /// <param name="output">Told how much was checked.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    public static async Task RunAsync(
        Action<IClientBuilder> clustering,
        Func<Workload, Task> disturb,
        Func<IEnumerable<(MessageId Id, ulong Sequence, ulong TopicSequence)>> others,
        ITestOutputHelper output,
        CancellationToken cancellationToken)
    {
        await using var client = await ExternalClient.ConnectAsync(clustering, BePatient, cancellationToken);
        await RunAsync(client, client, disturb, others, output, cancellationToken);
    }

    private static async Task RunAsync(
        ExternalClient publisher,
        ExternalClient subscriber,
        Func<Workload, Task> disturb,
        Func<IEnumerable<(MessageId Id, ulong Sequence, ulong TopicSequence)>> others,
        ITestOutputHelper output,
        CancellationToken cancellationToken)
    {
        var network = await publisher.DChat.DescribeNetworkAsync(cancellationToken);
        var workload = new Workload(publisher.DChat, network);
        var shards = Enumerable.Range(0, 1 << network.ShardBits).Select(shard => new ShardId((ushort)shard))
            .ToDictionary(shard => shard, shard => Witness.OfShard(subscriber.DChat, shard));
        var topics = workload.Topics.Take(TopicsWatched).ToDictionary(topic => topic, topic => Witness.OfTopic(subscriber.DChat, topic));

        workload.Start();
        await disturb(workload);
        await workload.WaitForMoreAsync(1, cancellationToken);
        await workload.StopAsync(cancellationToken);

        var audit = await LogAudit.ReadAsync(publisher, network);
        var retried = workload.Acknowledged.Count(message => message.Receipt.IsDuplicate);
        output.WriteLine($"{audit.Count} messages, {retried} acknowledged on a retry");
        audit.AssertDense();
        audit.AssertHoldsExactly(workload.Acknowledged
            .Select(message => (message.Receipt.MessageId, message.Receipt.Position.Sequence, message.Receipt.TopicSequence)).Concat(others()));
        await LogAudit.AssertFetchedAsync(publisher.DChat, workload, cancellationToken);
        foreach (var (shard, witness) in shards)
        {
            await AssertSeenAsync(witness, audit.Of(shard), cancellationToken);
        }

        foreach (var (topic, witness) in topics)
        {
            await AssertSeenAsync(witness, audit.Of(topic), cancellationToken);
        }
    }

    private static void BePatient(DChatClientOptions options)
    {
        options.RetryTimeout = TimeSpan.FromHours(1);
        options.StreamSilence = TimeSpan.FromSeconds(1);
    }

    private static async Task AssertSeenAsync(
        Witness witness, IReadOnlyList<(LogPosition Position, MessageId Id)> expected, CancellationToken cancellationToken) =>
        Assert.Equal(expected, await witness.FinishAsync(expected.Count == 0 ? 0 : expected[^1].Position.Sequence, cancellationToken));
}
