using DChat.Abstractions.Serialization;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Reconciliation;
using DChat.Core.Segments;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Orleans.Serialization.Configuration;

[assembly: TypeManifestProvider(typeof(CoreNames))]

namespace DChat.Abstractions.Serialization;

/// <summary>
/// The wire names of Core's types, which cannot bear <c>[Alias]</c>. Without one a type that is a result or a fault travels
/// under its CLR name, and moving it would break a cluster of two versions.
/// </summary>
internal sealed class CoreNames : TypeManifestProviderBase
{
    /// <inheritdoc/>
    protected override void ConfigureInner(TypeManifestOptions config)
    {
        config.WellKnownTypeAliases.Add("dchat.DChatException", typeof(DChatException));
        config.WellKnownTypeAliases.Add("dchat.DeviceLogOutcome", typeof(DeviceLogOutcome));
        config.WellKnownTypeAliases.Add("dchat.DeviceStanding", typeof(DeviceStanding));
        config.WellKnownTypeAliases.Add("dchat.Door", typeof(Door));
        config.WellKnownTypeAliases.Add("dchat.EnvelopeBatch", typeof(EnvelopeBatch));
        config.WellKnownTypeAliases.Add("dchat.FinderStepKind", typeof(FinderStepKind));
        config.WellKnownTypeAliases.Add("dchat.LogId", typeof(LogId));
        config.WellKnownTypeAliases.Add("dchat.EpochId", typeof(EpochId));
        config.WellKnownTypeAliases.Add("dchat.HybridTimestamp", typeof(HybridTimestamp));
        config.WellKnownTypeAliases.Add("dchat.RetentionClass", typeof(RetentionClass));
        config.WellKnownTypeAliases.Add("dchat.LogPosition", typeof(LogPosition));
        config.WellKnownTypeAliases.Add("dchat.RejectionCode", typeof(RejectionCode));
        config.WellKnownTypeAliases.Add("dchat.ShardId", typeof(ShardId));
        config.WellKnownTypeAliases.Add("dchat.ShardSet", typeof(ShardSet));
        config.WellKnownTypeAliases.Add("dchat.TopicTag", typeof(TopicTag));
    }
}
