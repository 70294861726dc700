using System.Text;
using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Client.Identities;

/// <summary>Keeps the topics of a home directory and those that the devices share the same.</summary>
internal static class TopicExchange
{
    /// <summary>Shares what the home has, and adds to it what it lacks.</summary>
    /// <returns>How many topics were added.</returns>
    public static async Task<int> RunAsync(IIdentityStore store, DeviceKey device, HybridLogicalClock clock, CancellationToken cancellationToken)
    {
        if (store.Topics is not { } book)
        {
            return 0;
        }

        var kept = book.Read();
        var record = await store.UpdateAsync(record => Share(record, kept, device, clock), cancellationToken).ConfigureAwait(false);
        var names = kept.Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        var tags = kept.Select(entry => (entry.Value.Network, entry.Value.Tag)).ToHashSet();
        var added = 0;
        foreach (var (name, register) in record.State.Registers.Registers)
        {
            if (SharedNames.IsTopic(name) && SharedNames.ReadTopic(register.Value.Span) is var (called, topic) && tags.Add((topic.Network, topic.Tag)))
            {
                var free = names.Add(called) ? called : $"{called}-{topic.Tag}";
                await book.AddAsync(free, topic, cancellationToken).ConfigureAwait(false);
                added++;
            }
        }

        return added;
    }

    private static IdentityRecord Share(IdentityRecord record, IReadOnlyList<KeyValuePair<string, Topic>> kept, DeviceKey device, HybridLogicalClock clock)
    {
        var state = record.State;
        foreach (var (name, topic) in kept.Where(entry => Encoding.UTF8.GetByteCount(entry.Key) <= SharedState.MaxNameLength))
        {
            if (state.Registers.Find(SharedNames.TopicOf(topic)) is null)
            {
                state = state.Write(SharedNames.TopicOf(topic), clock.Next(), device, SharedNames.Write(name, topic));
            }
        }

        return ReferenceEquals(state, record.State) ? record : record with { State = state };
    }
}
