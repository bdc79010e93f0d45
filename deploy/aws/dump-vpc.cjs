/** Where dump's network interfaces go; null keeps it out of any VPC. */
module.exports = async ({ resolveVariable }) => {
  const list = async (name) => {
    const text = await resolveVariable(`self:custom.parameters.${name}`);
    return text
      .split(',')
      .map((id) => id.trim())
      .filter(Boolean);
  };
  const [subnetIds, securityGroupIds] = [await list('DUMP_SUBNET_IDS'), await list('DUMP_SECURITY_GROUP_IDS')];
  return subnetIds.length > 0 && securityGroupIds.length > 0 ? { subnetIds, securityGroupIds } : null;
};
