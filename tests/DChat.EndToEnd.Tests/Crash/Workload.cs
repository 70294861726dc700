using System.Collections.Concurrent;
using DChat.Abstractions.Messages;
using DChat.Client;
using DChat.Core.Topics;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>
/// Publishes through the SDK, over all shards and always with many messages under way, until told to stop. What a crash
/// leaves unacknowledged the SDK sends again, with the same bytes.
/// </summary>
internal sealed class Workload
{
    private const int TopicsPerShard = 2;
    private const int PublishersPerTopic = 4;

    private readonly IDChatClient _client;
    private readonly ConcurrentQueue<Acknowledged> _acknowledged = [];
    private readonly List<Task> _publishers = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<Topic, int> _missing = [];
    private TaskCompletionSource _everywhere = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _goal = int.MaxValue;
    private volatile bool _stopping;

    public Workload(IDChatClient client, NetworkDescription network)
    {
        _client = client;
        Topics = [.. TopicsOf(network.Network, network.ShardBits)];
    }

    public IReadOnlyList<Topic> Topics { get; }

    public IReadOnlyCollection<Acknowledged> Acknowledged => _acknowledged;

    public void Start()
    {
        for (var i = 0; i < Topics.Count * PublishersPerTopic; i++)
        {
            var publisher = i;
            _publishers.Add(Task.Run(() => PublishAsync(Topics[publisher % Topics.Count], publisher)));
        }
    }

    /// <summary>Completes when so many more messages have been acknowledged.</summary>
    public async Task WaitForMoreAsync(int count, CancellationToken cancellationToken)
    {
        Task reached;
        lock (_gate)
        {
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _goal = _acknowledged.Count + count;
            reached = _reached.Task;
        }

        await WaitAsync(reached, () => $"{_acknowledged.Count} messages were acknowledged, {_goal} were waited for.", cancellationToken);
    }

    /// <summary>Completes when a message of every topic has been acknowledged that was not sent before now.</summary>
    public async Task WaitForEveryTopicAsync(CancellationToken cancellationToken)
    {
        Task everywhere;
        lock (_gate)
        {
            _everywhere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            everywhere = _everywhere.Task;
            foreach (var topic in Topics)
            {
                // One of every publisher may be under way.
                _missing[topic] = PublishersPerTopic + 1;
            }
        }

        await WaitAsync(everywhere, () => $"Nothing was acknowledged of {string.Join(", ", _missing.Keys.Select(topic => topic.Name))}.", cancellationToken);
    }

    /// <summary>Stops, once every message under way has been acknowledged.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        await Task.WhenAll(_publishers).WaitAsync(ChildProcess.Patience, cancellationToken);
    }

    // A publisher ends only by failing, as long as nobody has told it to stop.
    private async Task WaitAsync(Task reached, Func<string> describe, CancellationToken cancellationToken)
    {
        try
        {
            await (await Task.WhenAny([reached, .. _publishers]).WaitAsync(ChildProcess.Patience, cancellationToken));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(describe());
        }
    }

    private static IEnumerable<Topic> TopicsOf(string network, int shardBits)
    {
        var missing = Enumerable.Repeat(TopicsPerShard, 1 << shardBits).ToArray();
        for (var i = 0; missing.Any(count => count > 0); i++)
        {
            var topic = Topic.Public(network, $"topic-{i}");
            if (missing[topic.Tag.ShardOf(shardBits).Value]-- > 0)
            {
                yield return topic;
            }
        }
    }

    private async Task PublishAsync(Topic topic, int publisher)
    {
        for (var number = 0; !_stopping; number++)
        {
            var text = $"message {number} of publisher {publisher}";
            var receipt = await _client.PublishAsync(topic, text);
            _acknowledged.Enqueue(new Acknowledged(topic, text, receipt));
            lock (_gate)
            {
                if (_acknowledged.Count >= _goal)
                {
                    _reached.TrySetResult();
                }

                if (_missing.TryGetValue(topic, out var missing) && (_missing[topic] = missing - 1) == 0 && _missing.Remove(topic) && _missing.Count == 0)
                {
                    _everywhere.TrySetResult();
                }
            }
        }
    }
}
