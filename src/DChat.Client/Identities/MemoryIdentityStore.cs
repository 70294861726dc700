using DChat.Client.Devices;
using DChat.Core.Identity;

namespace DChat.Client.Identities;

/// <summary>What a device in memory remembers.</summary>
internal sealed class MemoryIdentityStore : IIdentityStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IdentityId, List<byte[]>> _logs = [];
    private IdentityRecord _record = IdentityRecord.Empty;

    public TopicBook? Topics => null;

    public IdentityRecord Read()
    {
        lock (_gate)
        {
            return _record;
        }
    }

    public ValueTask<IdentityRecord> UpdateAsync(Func<IdentityRecord, IdentityRecord> change, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_record = change(_record));
        }
    }

    public IReadOnlyList<byte[]> ReadLog(IdentityId identity)
    {
        lock (_gate)
        {
            return _logs.TryGetValue(identity, out var log) ? [.. log] : [];
        }
    }

    public ValueTask AddToLogAsync(IdentityId identity, IReadOnlyList<byte[]> entries, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _logs[identity] = LogFile.Union(_logs.GetValueOrDefault(identity, []), entries);
        }

        return ValueTask.CompletedTask;
    }
}
