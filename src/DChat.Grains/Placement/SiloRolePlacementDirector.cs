using DChat.Abstractions.Placement;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace DChat.Grains.Placement;

/// <summary>
/// Leaves the silos that have the role a grain needs. A silo that has just joined counts once its metadata has arrived,
/// which takes one call; until then calls fail, and callers try again.
/// </summary>
internal sealed class SiloRolePlacementDirector(LocalSiloRole local, ILocalSiloDetails silo, ISiloMetadataCache metadata)
    : IPlacementFilterDirector
{
    /// <exception cref="OrleansException">No active silo has the role.</exception>
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var required = ((SiloRolePlacementFilter)filterStrategy).Role;
        var suitable = silos.Where(candidate => RoleOf(candidate).HasFlag(required)).ToArray();
        return suitable.Length > 0
            ? suitable
            : throw new OrleansException($"No active silo with role {required.ToText()} is known that could host {target.GrainIdentity}.");
    }

    // The silo's own metadata also arrives by a call, but it knows its role from the start.
    private SiloRole RoleOf(SiloAddress candidate) =>
        candidate.Equals(silo.SiloAddress) ? local.Role
        : SiloRoles.TryParse(metadata.GetSiloMetadata(candidate).Metadata.GetValueOrDefault(SiloRoles.MetadataKey), out var role) ? role
        : default;
}
