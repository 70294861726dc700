using DChat.Client.Devices;
using DChat.Core.Identity;

namespace DChat.Client.Identities;

/// <summary>Keeps what a device remembers of identities. Thread-safe; processes may share one.</summary>
internal interface IIdentityStore
{
    /// <summary>The topics kept beside it; null when none are.</summary>
    TopicBook? Topics { get; }

    IdentityRecord Read();

    /// <summary>Changes the record; nobody else changes it meanwhile.</summary>
    ValueTask<IdentityRecord> UpdateAsync(Func<IdentityRecord, IdentityRecord> change, CancellationToken cancellationToken);

    /// <summary>The encoded entries of a log, each after those it follows.</summary>
    IReadOnlyList<byte[]> ReadLog(IdentityId identity);

    /// <summary>Adds to a log what it lacks of these entries.</summary>
    ValueTask AddToLogAsync(IdentityId identity, IReadOnlyList<byte[]> entries, CancellationToken cancellationToken);
}
