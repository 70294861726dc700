using DChat.Abstractions.Admission;
using DChat.Abstractions.Hosting;
using DChat.Abstractions.Placement;
using DChat.Abstractions.Streams;
using DChat.Core.Admission;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Grains.Admission;
using DChat.Grains.Callers;
using DChat.Grains.Epochs;
using DChat.Grains.LogBinding;
using DChat.Grains.Placement;
using DChat.Grains.Streams;
using DChat.Grains.SyncShard;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Streams;

namespace DChat.Grains.Hosting;

/// <summary>Adds DChat's grains to a silo.</summary>
public static class DChatGrainsExtensions
{
    /// <summary>
    /// Adds the grains, admission and the streams of shard groups, and tells the cluster the silo's role. The silo must also have
    /// grain storage called <c>PubSubStore</c> and <c>dchat</c> and, if its role includes core, an <see cref="IShardLog"/> and an <see cref="ISegmentStore"/>. Storage
    /// <c>dchat</c> is used before the silo is active, so Orleans' memory storage, which keeps states in grains, will not do.
    /// Options that can be configured: <see cref="NetworkOptions"/>, <see cref="SyncShardOptions"/>, <see cref="EpochOptions"/>, <see cref="AdmissionOptions"/>, <see cref="OperatorOptions"/>;
    /// a value out of range stops the silo at start with an <see cref="OptionsValidationException"/>.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="role">Which of the grains the silo hosts, see <see cref="RequireSiloRoleAttribute"/>.</param>
    public static ISiloBuilder AddDChatGrains(this ISiloBuilder builder, SiloRole role = SiloRole.All)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddSiloRole(role);
        builder.AddShardStreams();
        builder.AddIncomingGrainCallFilter<CallerFilter>();
        if (role.IncludesCore())
        {
            builder.Services.TryAddSingleton(new PendingBytes(PendingBytes.MaxBytes));
            builder.Services.AddLifecycleParticipant<LogBinder>();
            builder.Services.AddLifecycleParticipant<EpochClock>();
        }

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<IdentityQuota>();
        builder.Services.AddValidatedOptions<NetworkOptions>(options => options.Validate());
        builder.Services.AddValidatedOptions<SyncShardOptions>(options => options.Validate());
        builder.Services.AddValidatedOptions<EpochOptions>(options => options.Validate());
        builder.Services.AddValidatedOptions<OperatorOptions>(options => options.Validate());
        builder.Services.AddValidatedOptions<AdmissionOptions>(options => options.Validate());
        builder.Services.TryAddSingleton(services => new AdmissionPipeline(
            services.GetRequiredService<IOptions<NetworkOptions>>().Value,
            services.GetRequiredService<IOptions<AdmissionOptions>>().Value,
            services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddSingleton<IAdmissionDoor>(services => new AdmissionWorkers(
            services.GetRequiredService<AdmissionPipeline>(),
            services.GetRequiredService<IOptions<NetworkOptions>>(),
            services.GetRequiredService<TimeProvider>()));
        return builder;
    }

    private static void AddSiloRole(this ISiloBuilder builder, SiloRole role)
    {
        builder.UseSiloMetadata(new Dictionary<string, string> { [SiloRoles.MetadataKey] = role.ToText() });
        builder.Services.AddSingleton(new LocalSiloRole(role));
        builder.Services.AddPlacementFilter<SiloRolePlacementFilter, SiloRolePlacementDirector>(ServiceLifetime.Transient);
    }

    /// <summary>
    /// The streams of shard groups on a queue of our own, see <see cref="ShardQueue"/>. The agent's period only matters while it
    /// registers a stream: otherwise it waits for items. A subscriber that cannot be reached for the delivery time is dropped.
    /// </summary>
    private static void AddShardStreams(this ISiloBuilder builder)
    {
        builder.Services.TryAddSingleton<ShardQueue>();
        builder.Services.TryAddSingleton<SealedReads>();
        builder.Services.TryAddSingleton<SyncSessions>();
        builder.Services.AddLifecycleParticipant<ActiveShards>();
        builder.Services.AddLifecycleParticipant<CoreSiloChanges>();
        builder.Services.TryAddSingleton<IClusterChanges>(services => services.GetRequiredService<CoreSiloChanges>());
        builder.AddPersistentStreams(ShardStreams.Provider, ShardQueueAdapterFactory.Create, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly);
            streams.ConfigurePartitionBalancing((services, _) => new OwnQueueBalancer(services.GetRequiredService<LocalSiloRole>()));
            streams.ConfigurePullingAgent(agent => agent.Configure(options =>
            {
                options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(20);
                options.BatchContainerBatchSize = 16;
                options.MaxEventDeliveryTime = TimeSpan.FromSeconds(10);
            }));
        });
    }

    private static void AddLifecycleParticipant<T>(this IServiceCollection services)
        where T : class, ILifecycleParticipant<ISiloLifecycle>
    {
        services.AddSingleton<T>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<T>());
    }
}
